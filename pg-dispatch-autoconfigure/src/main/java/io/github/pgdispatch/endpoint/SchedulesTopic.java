package io.github.pgdispatch.endpoint;

import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.Predicate;

import io.github.pgdispatch.PgDispatchOperations;

/**
 * The schedules.
 */
final class SchedulesTopic implements Topic {

	private final PgDispatchOperations operations;

	SchedulesTopic(PgDispatchOperations operations) {
		this.operations = operations;
	}

	@Override
	public Map<String, Object> list(Parameters parameters, Values values) {
		parameters.only(Set.of());
		return Topic.answer("schedules", this.operations.schedules().stream().map(values::of).toList());
	}

	@Override
	public Change change(String action, Parameters parameters) {
		Predicate<String> change = switch (action) {
			case "pause" -> this.operations::pauseSchedule;
			case "resume" -> this.operations::resumeSchedule;
			case "run" -> (name) -> this.operations.runSchedule(name) != 0;
			case "remove" -> this.operations::removeSchedule;
			default -> throw Topic.unknown(action, "pause, resume, run or remove");
		};
		String schedule = parameters.only(Set.of("action", "countOnly", "schedule")).required("schedule");
		if (this.operations.schedules().stream().noneMatch((other) -> other.name().equals(schedule))) {
			throw new NoSuchElementException("There is no schedule '" + schedule + "'");
		}
		return new Change(() -> 1, () -> change.test(schedule) ? 1 : 0);
	}

}
