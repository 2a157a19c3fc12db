"""The forge over git repositories on disk: the bot with no GitHub."""
