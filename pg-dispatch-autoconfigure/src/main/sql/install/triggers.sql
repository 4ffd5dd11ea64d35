-- CREATE EXTENSION inserts the row of no role, and a dump that is restored after it inserts the row that it had.
CREATE TRIGGER replace BEFORE INSERT ON pgdispatch.setting
    FOR EACH ROW EXECUTE FUNCTION pgdispatch.replace_setting();

CREATE TRIGGER replace BEFORE INSERT ON pgdispatch.cron_setting
    FOR EACH ROW EXECUTE FUNCTION pgdispatch.replace_cron_setting();

CREATE TRIGGER give_up_order AFTER DELETE ON pgdispatch.dead_letter
    FOR EACH ROW WHEN (OLD.options IS NOT NULL) EXECUTE FUNCTION pgdispatch.give_up_order();
