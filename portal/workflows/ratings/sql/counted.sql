-- The sums of some months counted afresh from the stored rows: what supplier_month should hold.
-- The triggers of migration 0002 keep the same sums; a test holds the two together.
SELECT
    supplier_id, month, plant_id, commodity_id,
    sum(lines) AS lines,
    sum(lines_cancelled) AS lines_cancelled,
    sum(lines_empty) AS lines_empty,
    sum(lines_excused) AS lines_excused,
    sum(lines_on_time) AS lines_on_time,
    sum(lines_early) AS lines_early,
    sum(lines_in_full) AS lines_in_full,
    sum(lines_perfect) AS lines_perfect,
    sum(ordered) AS ordered,
    sum(in_window) AS in_window,
    sum(early_ordered) AS early_ordered,
    sum(early_in_window) AS early_in_window,
    sum(received) AS received,
    sum(lines_arrived) AS lines_arrived,
    sum(nonconforming) AS nonconforming,
    sum(defects) AS defects,
    sum(nonconformances) AS nonconformances,
    sum(nonconformances_left_out) AS nonconformances_left_out,
    sum(safety_escapes) AS safety_escapes,
    sum(lots_accepted) AS lots_accepted,
    sum(lots_rejected) AS lots_rejected,
    sum(lots_used_as_is) AS lots_used_as_is
FROM (
    SELECT
        supplier_id, month, plant_id, commodity_id,
        count(*) AS lines,
        count(*) FILTER (WHERE fate = 'cancelled') AS lines_cancelled,
        count(*) FILTER (WHERE fate = 'empty') AS lines_empty,
        count(*) FILTER (WHERE fate = 'excused') AS lines_excused,
        count(*) FILTER (WHERE fate = 'on_time') AS lines_on_time,
        count(*) FILTER (WHERE fate = 'early') AS lines_early,
        count(*) FILTER (WHERE fate = 'on_time' AND in_window = ordered) AS lines_in_full,
        count(*) FILTER (
            WHERE fate = 'on_time' AND in_window = ordered AND NOT nonconforming AND paperwork_right IS NOT FALSE
        ) AS lines_perfect,
        coalesce(sum(ordered) FILTER (WHERE fate IN ('on_time', 'early', 'open')), 0) AS ordered,
        coalesce(sum(in_window) FILTER (WHERE fate IN ('on_time', 'early', 'open')), 0) AS in_window,
        coalesce(sum(ordered) FILTER (WHERE fate = 'early'), 0) AS early_ordered,
        coalesce(sum(in_window) FILTER (WHERE fate = 'early'), 0) AS early_in_window,
        0 AS received, 0 AS lines_arrived,
        0 AS nonconforming, 0 AS defects, 0 AS nonconformances, 0 AS nonconformances_left_out,
        0 AS safety_escapes,
        0 AS lots_accepted, 0 AS lots_rejected, 0 AS lots_used_as_is
    FROM (
        SELECT
            supplier_id, reference_month AS month, plant_id, coalesce(commodity_id, 0) AS commodity_id,
            ordered, in_window, nonconforming, paperwork_right,
            CASE
                WHEN cancelled_on IS NOT NULL THEN 'cancelled'
                WHEN ordered = 0 THEN 'empty'
                WHEN complete THEN 'on_time'
                WHEN excuse_code IS NOT NULL THEN 'excused'
                WHEN too_early THEN 'early'
                ELSE 'open'
            END AS fate
        FROM delivery_line
        WHERE reference_on BETWEEN :first_day AND :last_day
    ) AS line
    GROUP BY supplier_id, month, plant_id, commodity_id
    UNION ALL
    SELECT
        supplier_id, month, plant_id, commodity_id,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        sum(quantity), count(*) FILTER (WHERE quantity > 0),
        0, 0, 0, 0, 0, 0, 0, 0
    FROM (
        SELECT
            supplier_id, arrival_month AS month, plant_id, coalesce(commodity_id, 0) AS commodity_id,
            delivery_line_id, sum(quantity) AS quantity
        FROM receipt
        WHERE received_on BETWEEN :first_day AND :last_day
        GROUP BY 1, 2, 3, 4, 5
    ) AS arrival
    GROUP BY supplier_id, month, plant_id, commodity_id
    UNION ALL
    SELECT
        supplier_id, month, plant_id, coalesce(commodity_id, 0),
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0,
        coalesce(sum(quantity) FILTER (WHERE is_own), 0),
        coalesce(sum(defects) FILTER (WHERE is_own), 0),
        count(*) FILTER (WHERE is_own),
        count(*) FILTER (WHERE NOT is_own),
        count(*) FILTER (WHERE is_own AND is_safety),
        0, 0, 0
    FROM (
        SELECT *, responsibility = 'supplier' AND NOT is_sample AS is_own FROM nonconformance
        WHERE found_on BETWEEN :first_day AND :last_day
    ) AS found
    GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT
        supplier_id, month, plant_id, coalesce(commodity_id, 0),
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0,
        count(*) FILTER (WHERE result = 'accepted'),
        count(*) FILTER (WHERE result = 'rejected'),
        count(*) FILTER (WHERE result = 'use_as_is')
    FROM inspection_lot
    WHERE inspected_on BETWEEN :first_day AND :last_day
    GROUP BY 1, 2, 3, 4
) AS sources
GROUP BY 1, 2, 3, 4
