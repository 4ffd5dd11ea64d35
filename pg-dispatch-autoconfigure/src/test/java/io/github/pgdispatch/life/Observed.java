package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * What the jobs have left in the database.
 *
 * @param runs that have committed, in the order in which they were begun
 * @param obituaries of jobs that became dead letters
 */
record Observed(List<Run> runs, List<Obituary> obituaries) {

	static Observed in(LifeDatabase database) throws SQLException {
		List<Run> runs = database
			.values("""
					SELECT concat_ws('|', tag, early, to_char(started AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
					       to_char(finished AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), coalesce(key, ''), array_to_string(seen, ','), pid)
					  FROM public.run ORDER BY started""")
			.stream()
			.map(Run::of)
			.toList();
		List<Obituary> obituaries = database.values("""
				SELECT concat_ws('|', d.id, d.line ->> 'sqlstate', d.line ->> 'attempts', d.line ->> 'crashes',
				       (SELECT string_agg(t.pid::text, ',') FROM public.trace AS t WHERE t.id = d.id))
				  FROM public.trace AS d WHERE d.source = 'dead_letter' AND d.what = 'INSERT'""")
			.stream()
			.map(Obituary::of)
			.toList();
		return new Observed(runs, obituaries);
	}

	List<Run> runs(Job job) {
		return this.runs.stream().filter((run) -> run.tag == job.tag()).toList();
	}

	List<Obituary> obituaries(@Nullable Long id) {
		return this.obituaries.stream().filter((obituary) -> id != null && obituary.id == id).toList();
	}

	/**
	 * A run of a job.
	 *
	 * @param tag of the job
	 * @param isEarly whether the transaction that has dispatched it could not be seen
	 * @param started when it was begun
	 * @param finished shortly before its commit
	 * @param key its idempotency key, or an empty one
	 * @param seen the transactions it could see that have dispatched with the key
	 * @param session in which it ran
	 */
	record Run(int tag, boolean isEarly, Instant started, Instant finished, String key, Set<Integer> seen,
			int session) {

		private static Run of(String row) {
			String[] values = row.split("\\|", -1);
			Stream<String> seen = Arrays.stream(values[5].split(",")).filter((number) -> !number.isEmpty());
			return new Run(Integer.parseInt(values[0]), values[1].equals("t"), Instant.parse(values[2]),
					Instant.parse(values[3]), values[4], seen.map(Integer::valueOf).collect(Collectors.toSet()),
					Integer.parseInt(values[6]));
		}

	}

	/**
	 * What is said of a dead letter.
	 *
	 * @param id of the job
	 * @param sqlState of the last attempt
	 * @param attempts that it has had
	 * @param crashes how many of them took their session or their node down
	 * @param sessions that have had to do with the job
	 */
	record Obituary(long id, String sqlState, int attempts, int crashes, Set<Integer> sessions) {

		private static Obituary of(String row) {
			String[] values = row.split("\\|");
			return new Obituary(Long.parseLong(values[0]), values[1], Integer.parseInt(values[2]),
					Integer.parseInt(values[3]),
					Stream.of(values[4].split(",")).map(Integer::valueOf).collect(Collectors.toSet()));
		}

	}

}
