-- What the policy makes of each line of {lines}, from the arrivals in {receipts}.
-- Twin of scorecards.delivery.judge, up to where the day it is comes in.
-- Arrivals are looked up line by line: that takes the same time for each whatever the planner believes.
WITH dated AS (
    SELECT
        line.id,
        line.plant_id,
        line.ordered,
        COALESCE(
            CASE CAST(:reference AS text)
                WHEN 'requested' THEN line.requested_on
                WHEN 'confirmed' THEN line.confirmed_on
            END,
            line.acknowledged_on,
            line.confirmed_on,
            line.requested_on
        ) AS reference_on
    FROM {lines} AS line
    WHERE {only}
),
{windowed},
arrived AS (
    SELECT
        windowed.*,
        COALESCE(arrival.received, 0) AS received,
        COALESCE(arrival.in_window, 0) AS in_window,
        COALESCE(arrival.early, 0) AS early,
        -- In hundredths of a unit, because a product is exact and a quotient may not be.
        windowed.ordered * (100 - CAST(:tolerance_percent AS numeric)) AS needed
    FROM windowed
    LEFT JOIN LATERAL (
        SELECT
            SUM(receipt.quantity) AS received,
            SUM(receipt.quantity) FILTER (
                WHERE receipt.received_on BETWEEN windowed.first_on AND windowed.last_on
            ) AS in_window,
            SUM(receipt.quantity) FILTER (WHERE receipt.received_on < windowed.first_on) AS early
        FROM {receipts} AS receipt
        WHERE receipt.delivery_line_id = windowed.id
    ) AS arrival ON TRUE
)
SELECT
    arrived.id,
    arrived.reference_on,
    CAST(
        (EXTRACT(YEAR FROM arrived.reference_on) - 2000) * 12 + EXTRACT(MONTH FROM arrived.reference_on) - 1
        AS smallint
    ) AS reference_month,
    arrived.first_on AS window_first_on,
    arrived.last_on AS window_last_on,
    arrived.received,
    LEAST(arrived.in_window, arrived.ordered) AS in_window,
    arrived.early,
    arrived.reference_on IS NOT NULL AND arrived.in_window * 100 >= arrived.needed AS complete,
    arrived.reference_on IS NOT NULL
    AND arrived.in_window * 100 < arrived.needed
    AND (arrived.early + arrived.in_window) * 100 >= arrived.needed AS too_early
FROM arrived
