"""What happened, for those who look after it: searching, showing, proving, signing and checking the log."""
