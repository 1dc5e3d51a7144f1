-- Plants an incident: a row for each of its days. Parameters: its kind, target, first day, size and days.
INSERT INTO sim.incident
SELECT :kind, :target_type, :target_no, :first_day, date_add(:first_day, CAST(n AS INT)), :size, (n + 1.0D) / :days
FROM (SELECT explode(sequence(0, :days - 1)) AS n) AS d;
