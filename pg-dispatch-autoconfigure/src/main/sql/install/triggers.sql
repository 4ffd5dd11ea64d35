CREATE TRIGGER release_order AFTER DELETE ON pgdispatch.dead_letter
    FOR EACH ROW WHEN (OLD.options IS NOT NULL) EXECUTE FUNCTION pgdispatch.release_order();
