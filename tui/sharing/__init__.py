"""What several people have of one session: the team's bucket, who may write, what they are told."""
