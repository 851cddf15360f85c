"""Files of all kinds: taken in by what they are, read by a worker, collected from partners' folders, shown."""
