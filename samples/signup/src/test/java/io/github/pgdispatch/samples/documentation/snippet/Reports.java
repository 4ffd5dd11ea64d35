package io.github.pgdispatch.samples.documentation.snippet;

import java.time.Duration;
import java.time.ZoneId;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.DispatchSchedule;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.Schedule;
import io.github.pgdispatch.Schedule.Missed;
import io.github.pgdispatch.samples.documentation.snippet.Services.SearchIndex;

import org.springframework.stereotype.Component;

@Component
class Reports {

	private final SearchIndex searchIndex = new SearchIndex();

	private final PgDispatchTemplate template;

	private final PgDispatchOperations operations;

	Reports(PgDispatchTemplate template, PgDispatchOperations operations) {
		this.template = template;
		this.operations = operations;
	}

	@DispatchSchedule(cron = "0 0 6 * * MON-FRI", zone = "Europe/Berlin")
	void rebuildIndex() {
		this.searchIndex.add(42);
	}

	@AfterCommitDispatch(command = "DELETE FROM signup.notification WHERE id < 1000", name = "clean up",
			maxAttempts = 3)
	@DispatchSchedule(every = "10m", missed = Missed.ONCE)
	void cleanUp() {
	}

	@AfterCommitDispatch(name = "invoices")
	@DispatchSchedule(cron = "@monthly", zone = "Europe/Berlin", missed = Missed.ALL)
	void writeInvoices(DispatchContext context) {
		String dueAt = context.headers().get("schedule-due-at");
		this.searchIndex.publish(42, "invoices of " + dueAt);
	}

	void remindEachMorning(long profileId, ZoneId zone) {
		this.template.schedule("remind " + profileId, Schedule.cron("0 0 9 * * *", zone),
				Dispatch.sql("SELECT signup.remind(42)").maxAttempts(5));
	}

	void importEvery(Duration interval) {
		this.template.schedule("import", Schedule.every(interval).overlapping(),
				Dispatch.sql("SELECT signup.update_statistics(42)").queue("slow"));
	}

	void stopTheImport() {
		this.operations.pauseSchedule("import");
		this.operations.schedules()
			.forEach((schedule) -> System.out.println(schedule.name() + " " + schedule.nextAt()));
	}

}
