-- What the policy makes of each line of {lines}, from the arrivals in {receipts}.
-- Twin of scorecards.delivery.judge, up to where the day it is comes in.
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
        dated.id,
        SUM(receipt.quantity) AS received,
        SUM(receipt.quantity) FILTER (
            WHERE receipt.received_on BETWEEN windowed.first_on AND windowed.last_on
        ) AS in_window,
        SUM(receipt.quantity) FILTER (WHERE receipt.received_on < windowed.first_on) AS early
    FROM dated
    JOIN {receipts} AS receipt ON receipt.delivery_line_id = dated.id
    LEFT JOIN windowed ON windowed.id = dated.id
    WHERE {receipts_only}
    GROUP BY dated.id
),
added AS (
    SELECT
        dated.id,
        dated.ordered,
        dated.reference_on,
        windowed.first_on,
        windowed.last_on,
        COALESCE(arrived.received, 0) AS received,
        COALESCE(arrived.in_window, 0) AS in_window,
        COALESCE(arrived.early, 0) AS early,
        -- In hundredths of a unit, because a product is exact and a quotient may not be.
        dated.ordered * (100 - CAST(:tolerance_percent AS numeric)) AS needed
    FROM dated
    LEFT JOIN windowed ON windowed.id = dated.id
    LEFT JOIN arrived ON arrived.id = dated.id
)
SELECT
    added.id,
    added.reference_on,
    CAST(
        (EXTRACT(YEAR FROM added.reference_on) - 2000) * 12 + EXTRACT(MONTH FROM added.reference_on) - 1
        AS smallint
    ) AS reference_month,
    added.first_on AS window_first_on,
    added.last_on AS window_last_on,
    added.received,
    LEAST(added.in_window, added.ordered) AS in_window,
    added.early,
    added.reference_on IS NOT NULL AND added.in_window * 100 >= added.needed AS complete,
    added.reference_on IS NOT NULL
    AND added.in_window * 100 < added.needed
    AND (added.early + added.in_window) * 100 >= added.needed AS too_early
FROM added
