"""Queue names, what is in a job, and the runners' queues: all that the bot's server may import."""
