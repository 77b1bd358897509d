"""What the warehouse remembers of its own runs, and what is made of it for people."""
