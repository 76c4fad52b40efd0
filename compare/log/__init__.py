"""What the log of answers tells, summed up in the database; and people's votes. Knows no runs at work."""
