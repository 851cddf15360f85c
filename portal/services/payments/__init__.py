"""Card payments by patients: begun, settled once whatever the order of news, looked after by a poll, and shown."""
