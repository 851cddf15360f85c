"""A Stripe-speaking card processor on loopback: the API that Candor uses, a page to pay on, webhooks, faults."""
