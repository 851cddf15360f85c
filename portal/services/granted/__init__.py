"""What payers granted in advance, as claims use it: found, counted down, given back."""
