SELECT
    stage.id, stage.kind, stage.reference, stage.stage, stage.due_on, stage.due_at, stage.answered_at,
    stage.accepted
FROM response_stage AS stage
WHERE stage.supplier_id = :supplier_id AND stage.month BETWEEN :first_month AND :last_month {within}
ORDER BY stage.due_at, stage.id
LIMIT CAST(:limit AS bigint) OFFSET CAST(:offset AS bigint)
