-- The sums of some months counted afresh from the stored rows: what supplier_month should hold.
-- The triggers of migration 0002 keep the same sums; a test holds the two together.
-- Counts are integers and a source leaves the others' sums empty: both are added several times faster.
SELECT
    supplier_id, month, plant_id, commodity_id,
    coalesce(sum(lines), 0) AS lines,
    coalesce(sum(lines_cancelled), 0) AS lines_cancelled,
    coalesce(sum(lines_empty), 0) AS lines_empty,
    coalesce(sum(lines_excused), 0) AS lines_excused,
    coalesce(sum(lines_on_time), 0) AS lines_on_time,
    coalesce(sum(lines_early), 0) AS lines_early,
    coalesce(sum(lines_in_full), 0) AS lines_in_full,
    coalesce(sum(lines_perfect), 0) AS lines_perfect,
    coalesce(sum(ordered), 0) AS ordered,
    coalesce(sum(in_window), 0) AS in_window,
    coalesce(sum(early_ordered), 0) AS early_ordered,
    coalesce(sum(early_in_window), 0) AS early_in_window,
    coalesce(sum(received), 0) AS received,
    coalesce(sum(lines_arrived), 0) AS lines_arrived,
    coalesce(sum(nonconforming), 0) AS nonconforming,
    coalesce(sum(defects), 0) AS defects,
    coalesce(sum(nonconformances), 0) AS nonconformances,
    coalesce(sum(nonconformances_left_out), 0) AS nonconformances_left_out,
    coalesce(sum(safety_escapes), 0) AS safety_escapes,
    coalesce(sum(lots_accepted), 0) AS lots_accepted,
    coalesce(sum(lots_rejected), 0) AS lots_rejected,
    coalesce(sum(lots_used_as_is), 0) AS lots_used_as_is
FROM (
    SELECT
        supplier_id, month, plant_id, coalesce(commodity_id, 0) AS commodity_id,
        lines,
        CASE WHEN fate = 'cancelled' THEN lines END AS lines_cancelled,
        CASE WHEN fate = 'empty' THEN lines END AS lines_empty,
        CASE WHEN fate = 'excused' THEN lines END AS lines_excused,
        CASE WHEN fate = 'on_time' THEN lines END AS lines_on_time,
        CASE WHEN fate = 'early' THEN lines END AS lines_early,
        CASE WHEN fate = 'on_time' THEN lines_in_full END AS lines_in_full,
        CASE WHEN fate = 'on_time' THEN lines_perfect END AS lines_perfect,
        CASE WHEN fate IN ('on_time', 'early', 'open') THEN ordered END AS ordered,
        CASE WHEN fate IN ('on_time', 'early', 'open') THEN in_window END AS in_window,
        CASE WHEN fate = 'early' THEN ordered END AS early_ordered,
        CASE WHEN fate = 'early' THEN in_window END AS early_in_window,
        CAST(NULL AS numeric) AS received, CAST(NULL AS integer) AS lines_arrived,
        CAST(NULL AS numeric) AS nonconforming, CAST(NULL AS bigint) AS defects,
        CAST(NULL AS integer) AS nonconformances, CAST(NULL AS integer) AS nonconformances_left_out,
        CAST(NULL AS integer) AS safety_escapes,
        CAST(NULL AS integer) AS lots_accepted, CAST(NULL AS integer) AS lots_rejected,
        CAST(NULL AS integer) AS lots_used_as_is
    FROM (
        -- By fate: so each line is added up five times and not fourteen.
        SELECT
            supplier_id, reference_month AS month, plant_id, commodity_id,
            CASE
                WHEN cancelled_on IS NOT NULL THEN 'cancelled'
                WHEN ordered = 0 THEN 'empty'
                WHEN complete THEN 'on_time'
                WHEN excuse_code IS NOT NULL THEN 'excused'
                WHEN too_early THEN 'early'
                ELSE 'open'
            END AS fate,
            CAST(count(*) AS integer) AS lines,
            CAST(count(*) FILTER (WHERE complete AND in_window = ordered) AS integer) AS lines_in_full,
            CAST(count(*) FILTER (
                WHERE complete AND NOT nonconforming AND paperwork_right IS NOT FALSE AND in_window = ordered
            ) AS integer) AS lines_perfect,
            sum(ordered) AS ordered,
            sum(in_window) AS in_window
        FROM delivery_line
        WHERE reference_on BETWEEN :first_day AND :last_day
        GROUP BY 1, 2, 3, 4, 5
    ) AS by_fate
    UNION ALL
    SELECT
        supplier_id, month, plant_id, commodity_id,
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        sum(quantity), CAST(count(*) FILTER (WHERE quantity > 0) AS integer),
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
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
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        NULL, NULL,
        sum(quantity) FILTER (WHERE is_own),
        sum(defects) FILTER (WHERE is_own),
        CAST(count(*) FILTER (WHERE is_own) AS integer),
        CAST(count(*) FILTER (WHERE NOT is_own) AS integer),
        CAST(count(*) FILTER (WHERE is_own AND is_safety) AS integer),
        NULL, NULL, NULL
    FROM (
        SELECT *, responsibility = 'supplier' AND NOT is_sample AS is_own FROM nonconformance
        WHERE found_on BETWEEN :first_day AND :last_day
    ) AS found
    GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT
        supplier_id, month, plant_id, coalesce(commodity_id, 0),
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        CAST(count(*) FILTER (WHERE result = 'accepted') AS integer),
        CAST(count(*) FILTER (WHERE result = 'rejected') AS integer),
        CAST(count(*) FILTER (WHERE result = 'use_as_is') AS integer)
    FROM inspection_lot
    WHERE inspected_on BETWEEN :first_day AND :last_day
    GROUP BY 1, 2, 3, 4
) AS sources
GROUP BY 1, 2, 3, 4
