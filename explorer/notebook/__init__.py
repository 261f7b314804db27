"""The map in a notebook: a widget for Jupyter, marimo, Colab and VS Code."""
