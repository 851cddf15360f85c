"""The queues as people see and take them: lists, counts, one item, taking and putting off, saved filters, exports."""
