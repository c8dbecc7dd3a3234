SELECT
    lot.id, lot.number, part.number AS part, plant.code AS plant,
    COALESCE(commodity.code, '') AS commodity, lot.inspected_on, lot.quantity, lot.result
FROM inspection_lot AS lot
JOIN part ON part.id = lot.part_id
JOIN plant ON plant.id = lot.plant_id
LEFT JOIN commodity ON commodity.id = lot.commodity_id
WHERE lot.supplier_id = :supplier_id AND lot.month BETWEEN :first_month AND :last_month {within}
ORDER BY lot.inspected_on, lot.number
LIMIT CAST(:limit AS bigint) OFFSET CAST(:offset AS bigint)
