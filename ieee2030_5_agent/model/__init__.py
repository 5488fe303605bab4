"""What is known about the fleet."""
