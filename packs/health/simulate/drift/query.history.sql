-- A column less: it is a finding, the rest is loaded.
SELECT d.* EXCEPT (client_driver)
FROM delivered AS d
