package io.github.pgdispatch.samples.documentation.snippet;

import io.github.pgdispatch.event.DeadLetterEvent;
import io.github.pgdispatch.event.DriverLostEvent;
import io.github.pgdispatch.samples.documentation.snippet.Services.Pager;

import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

@Component
class Alerts {

	private final Pager pager = new Pager();

	@EventListener
	void on(DeadLetterEvent event) {
		String what = (event.handler() != null) ? event.handler() : event.label();
		this.pager.alert("Job " + event.jobId() + " (" + what + ") failed for good: " + event.message());
	}

	@EventListener
	void on(DriverLostEvent event) {
		this.pager.alert("This node cannot run jobs (" + event.jobs() + "): " + event.reason());
	}

	Pager pager() {
		return this.pager;
	}

}
