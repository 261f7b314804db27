"""Claims of lectures on text VAEs, each as an experiment that runs in seconds or minutes."""
