package io.github.pgdispatch.samples.benchmark.contender;

import java.util.Map;
import java.util.stream.IntStream;

import io.github.pgdispatch.PgDispatchTemplate;

/**
 * Writes many SQL jobs by one statement.
 */
class SqlDispatcher implements Dispatcher {

	private final PgDispatchTemplate template;

	SqlDispatcher(PgDispatchTemplate template) {
		this.template = template;
	}

	@Override
	public void dispatch(long number) {
		this.template.fire(Commands.INSERT, Map.of("number", number));
	}

	@Override
	public void dispatchAll(int number) {
		this.template.fireAll(Commands.INSERT,
				IntStream.range(0, number).mapToObj((i) -> Map.of("number", i)).toList());
	}

}
