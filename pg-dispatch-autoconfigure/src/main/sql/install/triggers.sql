-- The triggers. They come after the functions that they call.

CREATE TRIGGER release_order AFTER DELETE ON pgdispatch.dead_letter
    FOR EACH ROW WHEN (OLD.options IS NOT NULL) EXECUTE FUNCTION pgdispatch.release_order();

COMMENT ON TRIGGER release_order ON pgdispatch.dead_letter IS
'When the dead letter of a managed job is deleted, the jobs behind it in its order no longer wait for it.';
