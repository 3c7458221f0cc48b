"""What runs in AWS: the zip, the template, and how both are made."""
