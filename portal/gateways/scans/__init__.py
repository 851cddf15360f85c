"""Pictures of documents that came in, made by a process of its own that can reach nothing."""
