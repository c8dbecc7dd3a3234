SELECT
    found.id, found.number, part.number AS part, plant.code AS plant,
    COALESCE(commodity.code, '') AS commodity, found.found_on, found.quantity, found.defects,
    found.responsibility, found.is_sample, found.is_safety, found.kind
FROM nonconformance AS found
JOIN part ON part.id = found.part_id
JOIN plant ON plant.id = found.plant_id
LEFT JOIN commodity ON commodity.id = found.commodity_id
WHERE found.supplier_id = :supplier_id AND found.month BETWEEN :first_month AND :last_month {within}
ORDER BY found.found_on, found.number
LIMIT CAST(:limit AS bigint) OFFSET CAST(:offset AS bigint)
