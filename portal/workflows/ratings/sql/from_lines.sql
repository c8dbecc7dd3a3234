-- Rates every supplier straight from the rows, under any window, reference date and tolerance: one aggregate
-- for each source, folded by supplier (and by month where by_month). No derived column is read.
-- Written once for PostgreSQL, DuckDB and Spark: casts spelled out, months as year * 12 + month.
WITH dated AS (
    SELECT
        line.id,
        line.supplier_id,
        line.plant_id,
        line.ordered,
        line.cancelled_on,
        line.excuse_code,
        line.nonconforming,
        line.paperwork_right,
        COALESCE(
            CASE CAST(:reference AS text)
                WHEN 'requested' THEN line.requested_on
                WHEN 'confirmed' THEN line.confirmed_on
            END,
            line.acknowledged_on,
            line.confirmed_on,
            line.requested_on
        ) AS reference_on
    FROM delivery_line AS line
    -- One of the three is the reference day, so this keeps every line that counts and lets an index help.
    WHERE line.acknowledged_on BETWEEN CAST(:first_day AS date) AND CAST(:last_day AS date)
        OR line.confirmed_on BETWEEN CAST(:first_day AS date) AND CAST(:last_day AS date)
        OR line.requested_on BETWEEN CAST(:first_day AS date) AND CAST(:last_day AS date)
),
{windowed},
promised AS (
    SELECT
        windowed.id,
        windowed.supplier_id,
        windowed.ordered,
        windowed.cancelled_on,
        windowed.excuse_code,
        windowed.nonconforming,
        windowed.paperwork_right,
        windowed.reference_on,
        windowed.last_on,
        CAST(
            SUM(CASE WHEN receipt.received_on >= windowed.first_on THEN receipt.quantity END) AS decimal(24, 3)
        ) AS in_window,
        CAST(SUM(receipt.quantity) AS decimal(24, 3)) AS by_then
    FROM windowed
    LEFT JOIN receipt ON receipt.delivery_line_id = windowed.id AND receipt.received_on <= windowed.last_on
    WHERE windowed.reference_on BETWEEN CAST(:first_day AS date) AND CAST(:last_day AS date)
    GROUP BY
        windowed.id,
        windowed.supplier_id,
        windowed.ordered,
        windowed.cancelled_on,
        windowed.excuse_code,
        windowed.nonconforming,
        windowed.paperwork_right,
        windowed.reference_on,
        windowed.last_on
),
judged AS (
    SELECT
        promised.supplier_id,
        promised.reference_on,
        promised.ordered,
        promised.nonconforming,
        promised.paperwork_right,
        COALESCE(promised.in_window, 0) AS in_window,
        CASE
            WHEN promised.cancelled_on IS NOT NULL THEN 'cancelled'
            WHEN promised.ordered = 0 THEN 'empty'
            WHEN COALESCE(promised.in_window, 0) * 100
                >= promised.ordered * (100 - CAST(:tolerance_percent AS decimal(18, 12))) THEN 'on_time'
            WHEN promised.excuse_code IS NOT NULL THEN 'excused'
            WHEN COALESCE(promised.by_then, 0) * 100
                >= promised.ordered * (100 - CAST(:tolerance_percent AS decimal(18, 12))) THEN 'early'
            WHEN CAST(:as_of AS date) <= promised.last_on THEN 'pending'
            ELSE 'late'
        END AS fate
    FROM promised
),
lines AS (
    -- By fate first: then each line is added up three times, and not twenty.
    SELECT
        judged.supplier_id,
        CAST(
            (EXTRACT(YEAR FROM judged.reference_on) - 2000) * 12 + EXTRACT(MONTH FROM judged.reference_on) - 1
            AS integer
        ) AS month,
        judged.fate,
        judged.in_window >= judged.ordered AS in_full,
        judged.in_window >= judged.ordered
            AND NOT judged.nonconforming AND COALESCE(judged.paperwork_right, TRUE) AS is_perfect,
        COUNT(*) AS lines,
        SUM(judged.ordered) AS ordered,
        SUM(CASE WHEN judged.in_window > judged.ordered THEN judged.ordered ELSE judged.in_window END)
            AS in_window
    FROM judged
    GROUP BY 1, 2, 3, 4, 5
),
sources AS (
    SELECT
        lines.supplier_id,
        lines.month,
        CAST(SUM(lines.lines) AS bigint) AS lines,
        CAST(SUM(CASE WHEN lines.fate = 'cancelled' THEN lines.lines ELSE 0 END) AS bigint) AS lines_cancelled,
        CAST(SUM(CASE WHEN lines.fate = 'empty' THEN lines.lines ELSE 0 END) AS bigint) AS lines_empty,
        CAST(SUM(CASE WHEN lines.fate = 'excused' THEN lines.lines ELSE 0 END) AS bigint) AS lines_excused,
        CAST(SUM(CASE WHEN lines.fate = 'pending' THEN lines.lines ELSE 0 END) AS bigint) AS pending,
        CAST(SUM(CASE WHEN lines.fate = 'on_time' THEN lines.lines ELSE 0 END) AS bigint) AS lines_on_time,
        CAST(SUM(CASE WHEN lines.fate = 'early' THEN lines.lines ELSE 0 END) AS bigint) AS lines_early,
        CAST(SUM(CASE WHEN lines.fate = 'on_time' AND lines.in_full THEN lines.lines ELSE 0 END) AS bigint)
            AS lines_in_full,
        CAST(SUM(CASE WHEN lines.fate = 'on_time' AND lines.is_perfect THEN lines.lines ELSE 0 END) AS bigint)
            AS lines_perfect,
        CAST(SUM(
            CASE WHEN lines.fate IN ('on_time', 'early', 'late', 'pending') THEN lines.ordered ELSE 0 END
        ) AS decimal(24, 3)) AS ordered,
        CAST(SUM(
            CASE WHEN lines.fate IN ('on_time', 'early', 'late', 'pending') THEN lines.in_window ELSE 0 END
        ) AS decimal(24, 3)) AS in_window,
        CAST(SUM(CASE WHEN lines.fate = 'early' THEN lines.ordered ELSE 0 END) AS decimal(24, 3))
            AS early_ordered,
        CAST(SUM(CASE WHEN lines.fate = 'early' THEN lines.in_window ELSE 0 END) AS decimal(24, 3))
            AS early_in_window,
        CAST(SUM(CASE WHEN lines.fate = 'pending' THEN lines.ordered ELSE 0 END) AS decimal(24, 3))
            AS pending_ordered,
        CAST(SUM(CASE WHEN lines.fate = 'pending' THEN lines.in_window ELSE 0 END) AS decimal(24, 3))
            AS pending_in_window,
        CAST(0 AS decimal(24, 3)) AS received,
        CAST(0 AS bigint) AS lines_arrived,
        CAST(0 AS decimal(24, 3)) AS nonconforming,
        CAST(0 AS bigint) AS defects,
        CAST(0 AS bigint) AS nonconformances,
        CAST(0 AS bigint) AS nonconformances_left_out,
        CAST(0 AS bigint) AS safety_escapes,
        CAST(0 AS bigint) AS lots_accepted,
        CAST(0 AS bigint) AS lots_rejected,
        CAST(0 AS bigint) AS lots_used_as_is,
        CAST(0 AS bigint) AS due,
        CAST(0 AS bigint) AS answers_pending,
        CAST(0 AS bigint) AS answers_on_time
    FROM lines
    GROUP BY lines.supplier_id, lines.month
    UNION ALL
    SELECT
        arrivals.supplier_id,
        CAST(arrivals.arrival_month AS integer),
        CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint),
        CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS decimal(24, 3)),
        CAST(0 AS decimal(24, 3)), CAST(0 AS decimal(24, 3)), CAST(0 AS decimal(24, 3)),
        CAST(0 AS decimal(24, 3)), CAST(0 AS decimal(24, 3)),
        CAST(SUM(arrivals.quantity) AS decimal(24, 3)),
        CAST(SUM(CASE WHEN arrivals.quantity > 0 THEN 1 ELSE 0 END) AS bigint),
        CAST(0 AS decimal(24, 3)), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint),
        CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint),
        CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint)
    FROM (
        -- A line that came in two months is a line in each; one that came twice in a month is one.
        SELECT receipt.supplier_id, receipt.arrival_month, SUM(receipt.quantity) AS quantity
        FROM receipt
        WHERE receipt.received_on BETWEEN CAST(:first_day AS date) AND CAST(:last_day AS date)
        GROUP BY receipt.supplier_id, receipt.arrival_month, receipt.delivery_line_id
    ) AS arrivals
    GROUP BY arrivals.supplier_id, arrivals.arrival_month
    UNION ALL
    SELECT
        found.supplier_id,
        CAST(found.month AS integer),
        CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint),
        CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS decimal(24, 3)),
        CAST(0 AS decimal(24, 3)), CAST(0 AS decimal(24, 3)), CAST(0 AS decimal(24, 3)),
        CAST(0 AS decimal(24, 3)), CAST(0 AS decimal(24, 3)),
        CAST(0 AS decimal(24, 3)),
        CAST(0 AS bigint),
        CAST(SUM(CASE WHEN found.is_own THEN found.quantity ELSE 0 END) AS decimal(24, 3)),
        CAST(SUM(CASE WHEN found.is_own THEN found.defects ELSE 0 END) AS bigint),
        CAST(SUM(CASE WHEN found.is_own THEN 1 ELSE 0 END) AS bigint),
        CAST(SUM(CASE WHEN found.is_own THEN 0 ELSE 1 END) AS bigint),
        CAST(SUM(CASE WHEN found.is_own AND found.is_safety THEN 1 ELSE 0 END) AS bigint),
        CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint),
        CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint)
    FROM (
        SELECT
            nonconformance.supplier_id, nonconformance.month, nonconformance.quantity, nonconformance.defects,
            nonconformance.is_safety,
            nonconformance.responsibility = 'supplier' AND NOT nonconformance.is_sample AS is_own
        FROM nonconformance
        WHERE nonconformance.found_on BETWEEN CAST(:first_day AS date) AND CAST(:last_day AS date)
    ) AS found
    GROUP BY found.supplier_id, found.month
    UNION ALL
    SELECT
        inspection_lot.supplier_id,
        CAST(inspection_lot.month AS integer),
        CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint),
        CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS decimal(24, 3)),
        CAST(0 AS decimal(24, 3)), CAST(0 AS decimal(24, 3)), CAST(0 AS decimal(24, 3)),
        CAST(0 AS decimal(24, 3)), CAST(0 AS decimal(24, 3)),
        CAST(0 AS decimal(24, 3)),
        CAST(0 AS bigint),
        CAST(0 AS decimal(24, 3)), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint),
        CAST(SUM(CASE WHEN inspection_lot.result = 'accepted' THEN 1 ELSE 0 END) AS bigint),
        CAST(SUM(CASE WHEN inspection_lot.result = 'rejected' THEN 1 ELSE 0 END) AS bigint),
        CAST(SUM(CASE WHEN inspection_lot.result = 'use_as_is' THEN 1 ELSE 0 END) AS bigint),
        CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint)
    FROM inspection_lot
    WHERE inspection_lot.inspected_on BETWEEN CAST(:first_day AS date) AND CAST(:last_day AS date)
    GROUP BY inspection_lot.supplier_id, inspection_lot.month
    UNION ALL
    SELECT
        stages.supplier_id,
        CAST(stages.month AS integer),
        CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint),
        CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS decimal(24, 3)),
        CAST(0 AS decimal(24, 3)), CAST(0 AS decimal(24, 3)), CAST(0 AS decimal(24, 3)),
        CAST(0 AS decimal(24, 3)), CAST(0 AS decimal(24, 3)),
        CAST(0 AS decimal(24, 3)),
        CAST(0 AS bigint),
        CAST(0 AS decimal(24, 3)), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint),
        CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint),
        CAST(COUNT(*) AS bigint),
        CAST(SUM(CASE
            WHEN stages.answered_at <= stages.due_at AND stages.accepted IS NULL THEN 1
            WHEN stages.answered_at IS NULL AND stages.due_on >= CAST(:as_of AS date) THEN 1
            ELSE 0
        END) AS bigint),
        CAST(SUM(CASE WHEN stages.answered_at <= stages.due_at AND stages.accepted THEN 1 ELSE 0 END) AS bigint)
    FROM (
        -- An answer that was returned is no answer.
        SELECT
            response_stage.supplier_id, response_stage.month, response_stage.due_at, response_stage.due_on,
            response_stage.accepted,
            CASE WHEN COALESCE(response_stage.accepted, TRUE) THEN response_stage.answered_at END AS answered_at
        FROM response_stage
        WHERE response_stage.month BETWEEN CAST(:first_month AS integer) AND CAST(:last_month AS integer)
    ) AS stages
    GROUP BY stages.supplier_id, stages.month
)
SELECT
    sources.supplier_id,
    CASE WHEN CAST(:by_month AS boolean) THEN sources.month ELSE CAST(:first_month AS integer) END AS month,
    SUM(sources.lines) AS lines,
    SUM(sources.lines_cancelled) AS lines_cancelled,
    SUM(sources.lines_empty) AS lines_empty,
    SUM(sources.lines_excused) AS lines_excused,
    SUM(sources.pending) AS pending,
    SUM(sources.lines_on_time) AS lines_on_time,
    SUM(sources.lines_early) AS lines_early,
    SUM(sources.lines_in_full) AS lines_in_full,
    SUM(sources.lines_perfect) AS lines_perfect,
    SUM(sources.ordered) AS ordered,
    SUM(sources.in_window) AS in_window,
    SUM(sources.early_ordered) AS early_ordered,
    SUM(sources.early_in_window) AS early_in_window,
    SUM(sources.pending_ordered) AS pending_ordered,
    SUM(sources.pending_in_window) AS pending_in_window,
    SUM(sources.received) AS received,
    SUM(sources.lines_arrived) AS lines_arrived,
    SUM(sources.nonconforming) AS nonconforming,
    SUM(sources.defects) AS defects,
    SUM(sources.nonconformances) AS nonconformances,
    SUM(sources.nonconformances_left_out) AS nonconformances_left_out,
    SUM(sources.safety_escapes) AS safety_escapes,
    SUM(sources.lots_accepted) AS lots_accepted,
    SUM(sources.lots_rejected) AS lots_rejected,
    SUM(sources.lots_used_as_is) AS lots_used_as_is,
    SUM(sources.due) AS due,
    SUM(sources.answers_pending) AS answers_pending,
    SUM(sources.answers_on_time) AS answers_on_time
FROM sources
GROUP BY
    sources.supplier_id,
    CASE WHEN CAST(:by_month AS boolean) THEN sources.month ELSE CAST(:first_month AS integer) END
