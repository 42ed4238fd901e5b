"""Where agents sign in, declare a status and stay alive."""
