package io.github.pgdispatch.samples.migrating;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What the side effects call. Public, since some tools call it by reflection.
 */
public class Mailer {

	private final List<String> sent = new CopyOnWriteArrayList<>();

	public void welcome(long profileId) {
		this.sent.add("welcome " + profileId);
	}

	public void report() {
		this.sent.add("report");
	}

	/**
	 * Returns what was sent.
	 * @return a line for each mail
	 */
	public List<String> sent() {
		return List.copyOf(this.sent);
	}

}
