#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "probe/alarm.h"

/// What people are told. Pure functions, thread-safe.
namespace doclayout::probe {

/// Which service it is about. Plain values.
struct Instance {
  std::string name;
  std::string url;  ///< without secrets
};

/// A message before it has a form. What the service said in it may be anything.
struct Message {
  std::string title;
  std::vector<std::string> facts;   ///< one a check that fails; empty of a recovery
  std::string since;                ///< when it began, and for how long it lasts
  std::vector<std::string> advice;  ///< what to look at; empty of a recovery
};

/// `now`: of the wall clock, of which only the message's times are.
Message Describe(const Notice& notice, const Instance& instance, std::chrono::system_clock::time_point now);

/// `{"text": …}` in Slack's mrkdwn, which Mattermost and others take as well. Nothing in it calls anybody (@channel).
std::string SlackJson(const Message& message);

/// `{"msgtype": "markdown", "markdown": {"title": …, "text": …}}` of DingTalk's robots.
std::string DingTalkJson(const Message& message);

}  // namespace doclayout::probe
