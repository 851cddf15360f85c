"""Messages: mail as it is sent, and conversations between patients and the office: their life, reasons and tasks."""
