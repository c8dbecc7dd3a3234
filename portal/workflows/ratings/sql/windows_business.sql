-- The same in working days of the plant's country: a day off first moves to the next working day in the
-- direction that is counted. calendar_day numbers the working days, so each end is one look-up.
windowed AS (
    SELECT
        dated.*,
        CASE
            WHEN dated.reference_on IS NULL THEN NULL
            WHEN CAST(:early_days AS integer) IS NULL THEN DATE '1900-01-01'
            ELSE first_day.day
        END AS first_on,
        last_day.day AS last_on
    FROM dated
    JOIN plant ON plant.id = dated.plant_id
    LEFT JOIN calendar_day AS promised_day
        ON promised_day.country = plant.country AND promised_day.day = dated.reference_on
    LEFT JOIN calendar_day AS last_day
        ON last_day.country = plant.country
        AND last_day.back = promised_day.ahead + CAST(:late_days AS integer)
        AND last_day.back = last_day.ahead
    LEFT JOIN calendar_day AS first_day
        ON first_day.country = plant.country
        AND first_day.back = promised_day.back - CAST(:early_days AS integer)
        AND first_day.back = first_day.ahead
)
