"""Where packets come from: capture files and the kernel's ring."""
