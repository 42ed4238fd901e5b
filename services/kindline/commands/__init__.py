"""What people type: each module is one command and may use every floor below."""
