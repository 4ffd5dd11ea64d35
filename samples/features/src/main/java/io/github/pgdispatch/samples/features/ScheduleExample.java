package io.github.pgdispatch.samples.features;

import java.time.Duration;
import java.time.ZoneId;
import java.util.Map;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchSchedule;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.Schedule;

import org.springframework.stereotype.Component;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * Schedules: of a method, of SQL, and made at run time. Each due time has one job in the
 * whole cluster.
 */
@Service
class ScheduleExample {

	private static final String SEND = "INSERT INTO mail (recipient, text) VALUES (:name, 'Good morning')";

	private final PgDispatchTemplate template;

	ScheduleExample(PgDispatchTemplate template) {
		this.template = template;
	}

	@Transactional
	void greetEachMorning(String name, ZoneId zone) {
		this.template.schedule("greet " + name, Schedule.cron("0 0 6 * * *", zone),
				Dispatch.sql(SEND, Map.of("name", name)));
	}

	@Transactional
	void greetEvery(Duration interval, String name) {
		this.template.schedule("greet " + name, Schedule.every(interval), Dispatch.sql(SEND, Map.of("name", name)));
	}

	@Component
	static class SideEffects {

		private final Mailer mailer;

		SideEffects(Mailer mailer) {
			this.mailer = mailer;
		}

		@DispatchSchedule(name = "report", cron = "0 0 6 * * MON-FRI", zone = "Europe/Berlin")
		void report() {
			this.mailer.send("boss", "Report");
		}

		@AfterCommitDispatch(command = "DELETE FROM mail WHERE recipient = 'nobody'", maxAttempts = 3)
		@DispatchSchedule(name = "clean up", every = "10m", missed = Schedule.Missed.ONCE)
		void cleanUp() {
		}

	}

}
