-- The triggers. They come after the functions that they call.

CREATE TRIGGER release_order AFTER DELETE ON pgdispatch.dead_letter
    FOR EACH ROW WHEN (OLD.options IS NOT NULL) EXECUTE FUNCTION pgdispatch.release_order();

COMMENT ON TRIGGER release_order ON pgdispatch.dead_letter IS
'When the dead letter of a managed job is deleted, the jobs behind it in its order no longer wait for it.';

CREATE TRIGGER delete_steps AFTER DELETE ON pgdispatch.dead_letter
    FOR EACH ROW WHEN (pg_catalog.jsonb_exists(OLD.options, 'has_steps')) EXECUTE FUNCTION pgdispatch.delete_steps_of_dead_letter();

COMMENT ON TRIGGER delete_steps ON pgdispatch.dead_letter IS
'When the dead letter of a job with steps is deleted, and not because it is retried, its steps are deleted as well.';
