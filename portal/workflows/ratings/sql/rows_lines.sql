SELECT
    line.id, line.order_number, line.line_number, part.number AS part, plant.code AS plant,
    COALESCE(commodity.code, '') AS commodity, line.ordered, line.requested_on, line.acknowledged_on,
    line.confirmed_on, line.cancelled_on, line.excuse_code, line.excuse_note, line.excused_by_name,
    line.nonconforming, line.paperwork_right
FROM delivery_line AS line
JOIN part ON part.id = line.part_id
JOIN plant ON plant.id = line.plant_id
LEFT JOIN commodity ON commodity.id = line.commodity_id
WHERE line.supplier_id = :supplier_id AND {where} {within}
ORDER BY line.reference_on, line.order_number, line.line_number
LIMIT CAST(:limit AS bigint) OFFSET CAST(:offset AS bigint)
