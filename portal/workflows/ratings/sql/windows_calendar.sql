-- On time is from :early_days before the reference day (without a limit where that is null) to :late_days after it.
windowed AS (
    SELECT
        dated.*,
        COALESCE(dated.reference_on - CAST(:early_days AS integer), DATE '1900-01-01') AS first_on,
        dated.reference_on + CAST(:late_days AS integer) AS last_on
    FROM dated
    WHERE dated.reference_on IS NOT NULL
)
