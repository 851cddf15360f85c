"""Published files read as pure text: code sets, prices, bank statements."""
