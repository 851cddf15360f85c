"""Conversations between patients and the office: messages, questions about bills, and tasks for patients."""
