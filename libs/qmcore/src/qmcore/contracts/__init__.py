"""What crosses a process boundary: grid columns, messages, frames, subjects; and their code generation."""
