-- On time is from early_days before the reference day (without a limit where that is null) to late_days after it.
windowed AS (
    SELECT
        dated.*,
        CASE
            WHEN dated.reference_on IS NULL THEN NULL
            WHEN CAST(:early_days AS integer) IS NULL THEN DATE '1900-01-01'
            ELSE dated.reference_on - CAST(:early_days AS integer)
        END AS first_on,
        dated.reference_on + CAST(:late_days AS integer) AS last_on
    FROM dated
)
