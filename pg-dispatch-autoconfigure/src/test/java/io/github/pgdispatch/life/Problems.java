package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What is not as it should be, each with the history of its job or its key.
 */
final class Problems {

	private final LifeDatabase database;

	private final History history;

	private final List<String> problems = new ArrayList<>();

	Problems(LifeDatabase database, History history) {
		this.database = database;
		this.history = history;
	}

	void add(String problem) {
		this.problems.add(problem);
	}

	void add(String problem, Dispatched... jobs) {
		try {
			List<String> lines = new ArrayList<>();
			for (Dispatched job : jobs) {
				lines.addAll(about(job));
			}
			this.problems.add(problem + "\n    " + String.join("\n    ", lines.stream().distinct().toList()));
		}
		catch (SQLException ex) {
			this.problems.add(problem + ", of which there is no history: " + ex);
		}
	}

	private List<String> about(Dispatched job) throws SQLException {
		List<Dispatched> related = this.history.dispatched()
			.stream()
			.filter((other) -> other == job || job.key() != null && job.key().equals(other.key()))
			.toList();
		List<String> lines = new ArrayList<>(related.stream().map(Dispatched::toString).toList());
		String tags = list(related.stream().map((other) -> other.job().tag()));
		String ids = list(related.stream().filter((other) -> other.id() != null).map(Dispatched::id));
		related.stream()
			.filter((other) -> other.id() != null)
			.flatMap((other) -> this.history.deeds(other.id()))
			.distinct()
			.map(Object::toString)
			.forEach(lines::add);
		lines.addAll(this.database.values("SELECT 'ran ' || r FROM public.run AS r WHERE tag IN (" + tags + ")"));
		lines.addAll(this.database
			.values("""
					SELECT concat_ws(' ', at, pid, source, what, id, line - '{id,role,command,arguments,headers,dispatched_at,handler,managed,key,
					       ordering_key,queue,on_failure,result,keep_result,back_off,back_off_multiplier,time_limit,max_attempts,options,rank}'::text[])
					  FROM public.trace WHERE id IN (%s) OR line ->> 'command' ~ '[(](%s), ' ORDER BY at"""
				.formatted(ids, tags.replace(", ", "|"))));
		return lines;
	}

	private static String list(Stream<?> values) {
		List<String> texts = values.map(String::valueOf).toList();
		return texts.isEmpty() ? "0" : String.join(", ", texts);
	}

	boolean areNone() {
		return this.problems.isEmpty();
	}

	String tell() {
		String more = (this.problems.size() > 5) ? "\nand " + (this.problems.size() - 5) + " more" : "";
		return String.join("\n", this.problems.subList(0, Math.min(5, this.problems.size()))) + more;
	}

}
