package io.github.pgdispatch.samples.benchmark.database;

import java.util.List;

/**
 * What is left of SQL jobs if nothing is promised but the transaction: a procedure that
 * claims a hundred at a time by their deletion, runs them, and commits. If one failed,
 * all would.
 */
public final class BareProcedure {

	private BareProcedure() {
	}

	/**
	 * Makes it.
	 * @return statements
	 */
	public static List<String> statements() {
		return List.of("CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, command text NOT NULL)",
				"""
						CREATE PROCEDURE bare_work() LANGUAGE plpgsql AS $$
						DECLARE
						    one text;
						    ran integer;
						BEGIN
						    LOOP
						        ran := 0;
						        FOR one IN
						            DELETE FROM bare
						             WHERE id = ANY (ARRAY(SELECT id FROM bare ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED))
						            RETURNING command
						        LOOP
						            EXECUTE one;
						            ran := ran + 1;
						        END LOOP;
						        COMMIT;
						        EXIT WHEN ran = 0;
						    END LOOP;
						END
						$$""");
	}

}
