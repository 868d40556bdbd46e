-- SPDX-License-Identifier: GPL-2.0-or-later
-- Resets by cause: how many, from how many senders, and the bytes at risk. For DuckDB, beside resets.ndjson.
SELECT cause, strength, count(*) AS resets, count(DISTINCT src) AS senders,
       sum(bytes_at_risk.from_sender + bytes_at_risk.to_sender) AS at_risk
FROM read_json_auto('resets.ndjson')
WHERE duplicate_of IS NULL
GROUP BY cause, strength
ORDER BY resets DESC, cause;
