"""The command line: `explorer …`. One module a group of commands, loaded when it is asked for."""
