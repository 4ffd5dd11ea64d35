package io.github.pgdispatch.autoconfigure;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.ScheduleChange;
import io.github.pgdispatch.annotation.DeclaredSchedule;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Declares the schedules of annotations when the application starts, before it runs jobs.
 */
final class ConfiguredSchedules implements SmartInitializingSingleton {

	private static final OneLineLog logger = OneLineLog.of(ConfiguredSchedules.class);

	private final Supplier<List<DeclaredSchedule>> schedules;

	private final PgDispatchTemplate template;

	private final PgDispatchOperations operations;

	/**
	 * Creates an instance.
	 * @param schedules the schedules of the database
	 * @param template makes schedules
	 * @param operations lists schedules
	 */
	ConfiguredSchedules(Supplier<List<DeclaredSchedule>> schedules, PgDispatchTemplate template,
			PgDispatchOperations operations) {
		this.schedules = schedules;
		this.template = template;
		this.operations = operations;
	}

	/**
	 * Returns the schedules of one database.
	 * @param declared all schedules of the application
	 * @param database the name of the database, or {@code null} if the application has
	 * only one
	 * @param databases the names of all databases, which are empty if it has only one
	 * @return the schedules of that database
	 * @throws PgDispatchConfigurationException if an annotation does not say in which of
	 * several databases its schedule is
	 */
	static List<DeclaredSchedule> of(List<DeclaredSchedule> declared, @Nullable String database,
			List<String> databases) {
		if (database == null) {
			return declared;
		}
		for (DeclaredSchedule schedule : declared) {
			if (!databases.contains(schedule.database())) {
				throw new PgDispatchConfigurationException(
						"@DispatchSchedule on " + schedule.method()
								+ " does not say in which database the schedule is. There are "
								+ String.join(", ", databases) + ".",
						"Name one of them: @DispatchSchedule(database = \"" + databases.get(0) + "\").");
			}
		}
		return declared.stream().filter((schedule) -> schedule.database().equals(database)).toList();
	}

	@Override
	public void afterSingletonsInstantiated() {
		List<DeclaredSchedule> declared = this.schedules.get();
		if (declared.isEmpty()) {
			return;
		}
		Set<String> names = new HashSet<>();
		for (DeclaredSchedule schedule : declared) {
			names.add(schedule.name());
			report(schedule, declare(schedule));
		}
		this.operations.schedules()
			.stream()
			.filter((schedule) -> schedule.declared() && !names.contains(schedule.name()))
			.forEach((schedule) -> logger.info("The schedule '" + schedule.name()
					+ "' was declared by another deployment or application, and by no method of this one. If it is not needed"
					+ " any more, remove it: SELECT pgdispatch.unschedule('" + schedule.name() + "')"));
	}

	private ScheduleChange declare(DeclaredSchedule schedule) {
		try {
			return this.template.declareSchedule(schedule.name(), schedule.schedule(), schedule.dispatch());
		}
		catch (IllegalArgumentException ex) {
			throw new PgDispatchConfigurationException(
					"@DispatchSchedule on " + schedule.method() + ": " + ex.getMessage() + ".",
					"Correct the annotation or the method.");
		}
	}

	private static void report(DeclaredSchedule schedule, ScheduleChange change) {
		switch (change) {
			case NEW -> logger.info("The schedule '" + schedule.name() + "' is new: " + schedule.schedule());
			case CHANGED -> logger.info("The schedule '" + schedule.name() + "' has changed: " + schedule.schedule());
			case CHANGED_BACK -> logger.warn("The schedule '" + schedule.name() + "' was changed back to "
					+ schedule.schedule() + ", which the last deployment had replaced. If that deployment was not taken"
					+ " back, this is an old node that was started beside new ones: start one of the new nodes again");
			case UNCHANGED -> {
			}
		}
	}

}
