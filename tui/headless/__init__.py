"""The second front end, without a screen: it keeps the engine honest and serves rehearsals and cron."""
