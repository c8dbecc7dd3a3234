SELECT delivery_line_id, received_on, quantity, reference
FROM receipt
WHERE delivery_line_id = ANY(CAST(:lines AS bigint[]))
ORDER BY delivery_line_id, received_on, reference
